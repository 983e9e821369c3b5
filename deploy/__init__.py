"""What turns a box into a node, and a server into a hub: images, units, proxies."""
