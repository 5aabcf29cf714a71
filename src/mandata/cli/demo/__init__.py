"""The demo: the main job on the example data, through the same services, doors and mail as everybody's.

`command` starts the installation and tells the story in a child process; `story` is the order of its steps; the other
files are the steps. Each step first looks at what is there, so that a second run goes on from the first.
"""
