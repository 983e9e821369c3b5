"""What tests share: made-up packs, bad links, power cuts, browsers."""
