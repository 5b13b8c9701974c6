"""The methods and what they are made of: torch, diffusers and peft; no network, no picture files."""
