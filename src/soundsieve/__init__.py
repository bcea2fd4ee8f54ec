"""Keep the sounds that you choose and remove the rest."""
