"""The services that stand in for AWS on this machine: moto or dynalite, and alert delivery."""
