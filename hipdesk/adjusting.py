"""Two visits of a hip laid on each other by a reader's hand, measured and judged like any.

The reader moves the earlier visit's outline on the later one's pictures. What is
kept is a new alignment; the one that it began from stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from hipdesk import __version__
from hipdesk.aligning import told
from hipdesk.alignment import (
    Alignment,
    AlignmentRequest,
    HipScan,
    Nudge,
    hand_of,
    nudge_of,
    nudged,
)
from hipdesk.bone_surface import BoneSurface, inverse
from hipdesk.hip_alignment import BoneAlignment, ByHand, Hand, HipAlignment
from hipdesk.records import SegmentClass

Hands = Mapping[SegmentClass, Hand]
"""Where a reader puts each bone's outline."""


class Fitting:
    """The alignment of two visits at hand, to be adjusted; surfaces are made once.

    Parameters
    ----------
    kept : of just these scans
    """

    def __init__(self, kept: HipAlignment, earlier: HipScan, later: HipScan) -> None:
        self._kept = kept
        self._scans = earlier, later
        self._surfaces: dict[SegmentClass, tuple[BoneSurface, BoneSurface]] = {}

    @property
    def hands(self) -> Hands:
        """Where the outlines are as the alignment was kept."""
        return {each.bone: self._hand(each) for each in self._kept.bones}

    def at(self, bone: SegmentClass, hand: Hand) -> Alignment:
        """A bone's alignment with its outline put there, its residual and verdict anew."""
        found = self._found(self._kept.bone(bone))
        request = AlignmentRequest(*self._scans, bone)
        return nudged(found, request, nudge_of(hand, found.found), self.surfaces(bone))

    def surfaces(self, bone: SegmentClass) -> tuple[BoneSurface, BoneSurface]:
        """The earlier and the later surface of a bone."""
        if bone not in self._surfaces:
            earlier, later = self._scans
            self._surfaces[bone] = earlier.surface(bone), later.surface(bone)
        return self._surfaces[bone]

    def kept(self, hands: Hands, reader: str) -> HipAlignment:
        """A new alignment with the bones where a reader put them, and volumes anew.

        Bones that lie as they were kept are taken over with who adjusted them.
        """
        before = self.hands
        bones = tuple(
            each
            if hands.get(each.bone, before[each.bone]) == before[each.bone]
            else told(self.at(each.bone, hands[each.bone]), *self._scans, reader)
            for each in self._kept.bones
        )
        return replace(
            self._kept,
            bones=bones,
            reader=reader,
            program_version=__version__,
            made_utc=datetime.now(UTC),
        )

    def _hand(self, bone: BoneAlignment) -> Hand:
        return hand_of(_nudge(bone.by_hand), self._found(bone).found)

    def _found(self, bone: BoneAlignment) -> Alignment:
        """As the registration found it, before anybody adjusted it."""
        about = self._scans[0].head_lps_mm
        found = inverse(_nudge(bone.by_hand).matrix(about)) @ bone.later_to_earlier
        return Alignment(
            self._kept.side, bone.bone, found, about, residual=None, refined=bone.refined
        )


def _nudge(by_hand: ByHand | None) -> Nudge:
    return Nudge() if by_hand is None else Nudge(by_hand.shift_mm, by_hand.turn_deg)
