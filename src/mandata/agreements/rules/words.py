"""The words of the agreements: those of the foundation, under the name by which the rules know them."""

from mandata.foundation.words import ENGLISH, English, Words, fill, mark

__all__ = ["ENGLISH", "English", "Words", "fill", "mark"]
