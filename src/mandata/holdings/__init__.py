"""Holdings: the catalogue of every place with personal data, each with the verbs find, export, rectify, restrict, erase.
"""
