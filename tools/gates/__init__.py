"""What the embedded model must show before it ships: measures, and the marks they are held to."""
