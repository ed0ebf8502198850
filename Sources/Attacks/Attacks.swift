// The sources of Attacks come here.
