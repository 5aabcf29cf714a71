"""Pure rules of the measures: what stands under which heading, what a reading says, what follows from results."""
