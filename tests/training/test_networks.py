from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")

from hipdesk.training.loop import build  # noqa: E402
from hipdesk.training.losses import overlap_and_bce, supervised_loss  # noqa: E402
from hipdesk.training.networks import (  # noqa: E402
    PointRendering,
    UNet3d,
    UNetPlusPlus,
    parameter_count,
)
from hipdesk.training.networks.attention_unet import AttentionGate  # noqa: E402
from hipdesk.training.networks.hrnet import Exchange  # noqa: E402
from hipdesk.training.recipes import (  # noqa: E402
    LOCATE,
    SEGMENT,
    Architecture,
    Recipe,
    with_architecture,
)
from tests.training.tiny import tiny  # noqa: E402

WIDTHS = (8, 8, 16, 16)


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)


@pytest.mark.parametrize("recipe", [LOCATE, SEGMENT], ids=lambda recipe: recipe.name)
def test_bundled_networks_have_the_stated_size_and_answer(recipe: Recipe) -> None:
    network = build(recipe).eval()
    assert 0.7e6 < parameter_count(network) < 1.2e6
    image = torch.zeros(1, recipe.context, recipe.rows, recipe.columns)
    with torch.inference_mode():
        assert network(image).shape == (1, len(recipe.channels), recipe.rows, recipe.columns)


@pytest.mark.parametrize("architecture", Architecture)
def test_compared_networks_are_of_like_size(architecture: Architecture) -> None:
    recipe = with_architecture(SEGMENT, architecture)
    assert 0.8e6 < parameter_count(build(recipe)) < 2.0e6
    assert recipe.samples * (recipe.depth if architecture.volumetric else 1) <= 16
    assert replace(SEGMENT, **_network_of(recipe)) == recipe


def _network_of(recipe: Recipe) -> dict[str, object]:
    names = ("architecture", "widths", "points", "context", "batch")
    return {name: getattr(recipe, name) for name in names}


@pytest.mark.parametrize("architecture", Architecture)
def test_every_network_answers_learns_and_starts_calm(architecture: Architecture) -> None:
    recipe = tiny(architecture)
    size = (1, 4, 32, 48) if architecture.volumetric else (3, 32, 48)
    image = torch.rand(2, *size)
    network = build(recipe)
    with torch.inference_mode():
        fresh = network.eval()(image)
    assert fresh.shape == (2, 2, *size[1:])
    assert torch.sigmoid(fresh).mean() < 0.1
    outputs = network.train().supervised(image)
    assert outputs[0].shape == fresh.shape
    truth = (torch.rand(fresh.shape) > 0.8).float()
    supervised_loss(outputs, truth, torch.ones(2, 2), torch.ones(2), 0.3).backward()
    idle = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    assert not idle


def test_unet_plus_plus_supervises_every_node_of_the_finest_level() -> None:
    outputs = UNetPlusPlus(3, 2, WIDTHS).supervised(torch.rand(1, 3, 32, 48))
    assert [tuple(each.shape) for each in outputs] == [(1, 2, 32, 48)] * 3


def test_attention_closes_a_skip_connection() -> None:
    gate = AttentionGate(4, 8).eval()
    torch.nn.init.zeros_(gate.weigh.weight)
    skip, gating = torch.rand(1, 4, 8, 12), torch.rand(1, 8, 4, 6)
    through = []
    for openness in (-50.0, 50.0):
        torch.nn.init.constant_(gate.weigh.bias, openness)
        with torch.inference_mode():
            through.append(gate(skip, gating))
    with torch.inference_mode():
        assert torch.allclose(through[0], gate.after(torch.zeros_like(skip)), atol=1e-5)
        assert torch.allclose(through[1], gate.after(skip), atol=1e-5)


def test_every_branch_of_hrnet_receives_all_others() -> None:
    exchange = Exchange((3, 5, 7)).eval()
    sizes = ((16, 24), (8, 12), (4, 6))
    maps = [torch.rand(1, width, *size) for width, size in zip((3, 5, 7), sizes, strict=True)]
    for source in range(3):
        changed = [x + (index == source) for index, x in enumerate(maps)]
        with torch.inference_mode():
            before, after = exchange(maps), exchange(changed)
        assert [x.shape for x in after] == [x.shape for x in maps]
        assert all(not torch.allclose(a, b) for a, b in zip(before, after, strict=True))


def test_the_3d_network_sees_neighbouring_slices() -> None:
    network = UNet3d(1, 1, (4, 8, 8)).eval()
    image = torch.rand(1, 1, 6, 32, 48)
    other = image.clone()
    other[:, :, 5] += 1
    with torch.inference_mode():
        change = (network(image) - network(other)).abs().amax(dim=(0, 1, 3, 4))
    assert (change[2:] > 0).all()


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


def test_loss_by_hand() -> None:
    # One channel, four pixels at probability 1/2, one of them true: entropy ln 2;
    # Dice (2 * 0.5 + 1) / (2 + 1 + 1) with one pixel of smoothing.
    truth = torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])
    found = overlap_and_bce(torch.zeros(1, 1, 1, 4), truth, torch.ones(1, 1), torch.ones(1))
    assert float(found) == pytest.approx(1 - 2 / 4 + 5 * np.log(2), rel=1e-6)


def test_misses_weigh_more_in_a_lesion_by_hand() -> None:
    # Tversky with 0.7 on misses: (0.5 + s) / (0.5 + 0.3 * 1.5 + 0.7 * 0.5 + s), s = 0.5.
    truth = torch.tensor([[[[1.0, 0.0, 0.0, 0.0]]]])
    logits = torch.zeros(1, 1, 1, 4)
    found = overlap_and_bce(logits, truth, torch.ones(1, 1), torch.ones(1), [0.7])
    assert float(found) == pytest.approx(1 - 1.0 / 1.8 + 5 * np.log(2), rel=1e-6)


def test_stacks_are_supervised_at_both_scales() -> None:
    truth = torch.zeros(1, 1, 2, 4, 4)
    truth[..., :2] = 1
    sure = 40 * (truth - 0.5)
    half = 40 * (torch.tensor([1.0, 0.0]).expand(1, 1, 2, 2, 2) - 0.5)
    loss = supervised_loss((sure, half), truth, torch.ones(1, 1), torch.ones(1), 1.0)
    assert float(loss) == pytest.approx(0, abs=1e-6)


def test_unknown_channels_and_unimportant_ones_do_not_count() -> None:
    truth = (torch.rand(2, 2, 4, 4) > 0.5).float()
    logits = torch.randn(2, 2, 4, 4)
    first = overlap_and_bce(logits[:, :1], truth[:, :1], torch.ones(2, 1), torch.ones(1))
    unknown = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    half = overlap_and_bce(logits, truth, unknown, torch.ones(2))
    assert float(half) == pytest.approx(float(first) / 2, rel=1e-5)
    alone = overlap_and_bce(logits, truth, torch.ones(2, 2), torch.tensor([1.0, 0.0]))
    assert float(alone) == pytest.approx(float(first), rel=1e-5)


def test_a_sample_of_unknown_truth_changes_nothing() -> None:
    truth = (torch.rand(2, 1, 4, 4) > 0.5).float()
    logits = torch.randn(2, 1, 4, 4)
    alone = overlap_and_bce(logits[:1], truth[:1], torch.ones(1, 1), torch.ones(1))
    both = overlap_and_bce(logits, truth, torch.tensor([[1.0], [0.0]]), torch.ones(1))
    assert float(both) == pytest.approx(float(alone), rel=1e-6)
