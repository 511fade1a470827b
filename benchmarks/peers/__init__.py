"""The penguins' pipeline beside the peers: four things that one does all day."""
