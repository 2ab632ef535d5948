"""An activation that nobody listed: learnt together with the weights, one curve per hidden
layer.
"""
