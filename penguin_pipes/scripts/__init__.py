"""What runs inside a container; each script travels alone, importing none of ours."""
