"""Reads of retention: how an end stands (`ends`), archives (`returns`), what a link's token stands for (`links`)."""
