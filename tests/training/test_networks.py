from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from hipdesk.training.loop import build  # noqa: E402
from hipdesk.training.losses import dice_and_bce, supervised_loss  # noqa: E402
from hipdesk.training.networks import PointRendering, UNet, parameter_count  # noqa: E402
from hipdesk.training.recipes import LOCATE, SEGMENT  # noqa: E402

WIDTHS = (8, 8, 16, 16)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.mark.parametrize("recipe", [LOCATE, SEGMENT], ids=lambda recipe: recipe.name)
def test_bundled_networks_have_the_stated_size_and_answer(recipe: object) -> None:
    network = build(recipe).eval()
    assert 0.7e6 < parameter_count(network) < 1.2e6
    image = torch.zeros(1, recipe.context, recipe.rows, recipe.columns)
    with torch.inference_mode():
        assert network(image).shape == (1, len(recipe.channels), recipe.rows, recipe.columns)


def test_a_fresh_network_calls_almost_every_pixel_negative() -> None:
    image = torch.rand(2, 3, 32, 48)
    for network in (UNet(3, 2, WIDTHS), PointRendering(3, 2, WIDTHS, (96, 384, 512))):
        with torch.inference_mode():
            assert torch.sigmoid(network.eval()(image)).mean() < 0.1


def test_supervised_logits_halve_in_size_down_to_an_eighth() -> None:
    network = PointRendering(3, 2, WIDTHS, (96, 384, 512))
    sizes = [tuple(each.shape[2:]) for each in network.supervised(torch.rand(2, 3, 32, 48))]
    assert sizes == [(32, 48), (32, 48), (16, 24), (8, 12), (4, 6)]


def test_only_the_least_certain_points_are_predicted_anew() -> None:
    network = PointRendering(3, 2, WIDTHS, (96, 384, 200)).eval()
    with torch.inference_mode():
        steps = network._render(network.unet.features(torch.rand(1, 3, 32, 48)))
        resized = torch.nn.functional.interpolate(
            steps[2], (32, 48), mode="bilinear", align_corners=False
        )
        changed = ((steps[3] - resized).abs() > 1e-6).any(dim=1).flatten()
        certainty = resized.abs().amin(dim=1).flatten()
    assert int(changed.sum()) == 200
    assert certainty[changed].max() <= certainty[~changed].min()


def test_rendering_all_points_equals_choosing_all_of_them() -> None:
    network = PointRendering(3, 2, WIDTHS, (96, 384, 1536)).eval()
    image = torch.rand(2, 3, 32, 48)
    with torch.inference_mode():
        dense = network(image)
        network.points = (96, 384, 1535)
        chosen = network(image)
    differing = ((dense - chosen).abs() > 1e-5).any(dim=1).flatten(1).sum(1)
    assert differing.tolist() == [1, 1]


def test_training_draws_some_points_at_random() -> None:
    network = PointRendering(3, 2, WIDTHS, (96, 384, 200))
    logits = torch.rand(1, 2, 32, 48)
    least = set(network.eval()._least_certain(logits, 200)[0].tolist())
    drawn = set(network.train()._least_certain(logits, 200)[0].tolist())
    assert len(drawn) == 200
    assert 0.5 < len(least & drawn) / 200 < 0.95


def test_gradients_reach_every_weight() -> None:
    network = PointRendering(3, 2, WIDTHS, (96, 384, 512))
    outputs = network.supervised(torch.rand(2, 3, 32, 48))
    truth = (torch.rand(2, 2, 32, 48) > 0.8).float()
    supervised_loss(outputs, truth, torch.ones(2, 2), torch.ones(2), 0.3).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_loss_by_hand() -> None:
    # One channel, four pixels at probability 1/2, one of them true: entropy ln 2;
    # Dice (2 * 0.5 + 1) / (2 + 1 + 1) with one pixel of smoothing.
    truth = torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])
    found = dice_and_bce(torch.zeros(1, 1, 1, 4), truth, torch.ones(1, 1), torch.ones(1))
    assert float(found) == pytest.approx(1 - 2 / 4 + 5 * np.log(2), rel=1e-6)


def test_unknown_channels_and_unimportant_ones_do_not_count() -> None:
    truth = (torch.rand(2, 2, 4, 4) > 0.5).float()
    logits = torch.randn(2, 2, 4, 4)
    first = dice_and_bce(logits[:, :1], truth[:, :1], torch.ones(2, 1), torch.ones(1))
    unknown = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    half = dice_and_bce(logits, truth, unknown, torch.ones(2))
    assert float(half) == pytest.approx(float(first) / 2, rel=1e-5)
    alone = dice_and_bce(logits, truth, torch.ones(2, 2), torch.tensor([1.0, 0.0]))
    assert float(alone) == pytest.approx(float(first), rel=1e-5)


def test_a_sample_of_unknown_truth_changes_nothing() -> None:
    truth = (torch.rand(2, 1, 4, 4) > 0.5).float()
    logits = torch.randn(2, 1, 4, 4)
    alone = dice_and_bce(logits[:1], truth[:1], torch.ones(1, 1), torch.ones(1))
    both = dice_and_bce(logits, truth, torch.tensor([[1.0], [0.0]]), torch.ones(1))
    assert float(both) == pytest.approx(float(alone), rel=1e-6)
