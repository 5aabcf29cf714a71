"""Rights: the cases of data subjects, from receipt to answer. Knows holdings, and none of the areas behind them.
"""
