"""What the stages import. A package imports only from those before it: base, text, vectors, network, results.

`fetch` imports from `base` alone. Functions take and return values; parameters, paths and printing are for the stages.
"""
