"""Campaigns: what is written, for which list, and its states until it is finished. Knows nothing of delivery."""
