"""The pieces that the script which repeats a run is put together from."""

from __future__ import annotations

TEMPLATE = '''"""Repeats run {id}: {title}.

The same seed gives the same numbers (on the same machine with the same number of threads).{warning}
Put it beside app.py, or install ec_core, {beside}and run:  python {file}
"""
{imports}
import ec_core as ec

{asking}
{recovering}
network = found.network

print("sizes:", *network.sizes)
print("loss:", found.loss)
print("loss on unseen questions:", found.heldout_loss)
print("verified:", certificate.verified, *certificate.reasons)
{matching}ec.save_network(network, "recovered.safetensors")
'''

WHOLE = "\nfound, certificate = result.reconstruction, result.certificate"

ATTEMPT_IMPORT = """
from ec_core.chain import attempt
from ec_core.events import drain"""

STAGE_IMPORTS = """{extra}{stages}
from ec_core.cluster import Cut, apply_cut, build_tree, pool
from ec_core.cluster.layer import LayerView
from ec_core.events import drain{exact}"""

STAGES = """config = ec.RecoverConfig({options})
{students}{told}
cloud = pool(ensemble{best})
tree = build_tree(cloud)
{building}"""

TOLD = "\nprobes = probes.told(config.precision)"

TRAINED = "probes, ensemble = drain(train({whom}, config, ec.Control()))"

GIVEN = """# the students as they are in the run: {why}
ensemble = ensemble_from_arrays(dict(np.load("students.npz")))"""

PRUNED = """
cut = {cut}
seen = LayerView(cloud, tree, cut, apply_cut(tree, cloud, cut))
{name} = drain(build(Begun(probes, ensemble, seen{chosen}), config, ec.Control()))"""

FOUND = "\nfound, certificate = built.reconstruction, built.certificate"

EXACTLY = """
# one neuron for every cluster kept, in every layer: nothing added, nothing removed
cuts = (
    {cuts},
)
layers = [LayerView(cloud, tree, cuts[0], apply_cut(tree, cloud, cuts[0]))]
{later}found = drain(build_exactly(ensemble, layers, probes, config.device, ec.Control()))
certificate = certify(found, probes)"""

LATER = """for seen, cut in zip(pruned.reconstruction.layers[1:], cuts[1:], strict=True):
    layers.append(replace(seen, cut=cut, clusters=apply_cut(seen.tree, seen.cloud, cut)))
"""
