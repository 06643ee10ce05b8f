"""Opening sites in waves that can be evaluated: the draw, the power of a design, the capacity of a wave."""
