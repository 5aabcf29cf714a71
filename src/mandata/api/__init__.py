"""The public JSON API, version 1, with its OpenAPI document: a face over services and selectors, like the console.

`operations`: what an operation is. `door`: who may, how often, how often once, and how a no is said. A file for each
area (`cases`); `document` writes the OpenAPI document from the same table that the addresses come from.
"""
