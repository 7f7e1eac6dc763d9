#!/bin/sh
# The JSON Schema for editors is what the decode tables say.
. "$(dirname "$0")/../lib.sh"
respin schema >schema.json
ok "recipes/recipe.schema.json is current (make schema)" diff "$top/recipes/recipe.schema.json" schema.json
ok "it is JSON" python3 -m json.tool schema.json
finish
