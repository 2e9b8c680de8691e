"""The catalogue's mistakes once more, each written as another student would write it.

A file for each of the catalogue's; what is wrong is the same, the code is not.
"""
