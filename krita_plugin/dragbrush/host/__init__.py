"""What touches Krita and Qt: the canvas, the overlay on it, and the tools that are worked on it.

Files whose opening says so are free of both and hold the decisions; the others only carry them out.
"""
