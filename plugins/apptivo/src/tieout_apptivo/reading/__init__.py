"""Reading an app completely, although its records move while they are read."""
