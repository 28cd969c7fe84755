"""The crowd: hundreds of made-up people in two streams, and a judge who knows who is who."""
