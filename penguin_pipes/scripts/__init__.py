"""What runs inside a container; each script travels alone and imports nothing of ours."""
