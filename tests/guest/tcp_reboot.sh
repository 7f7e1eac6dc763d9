#!/bin/sh
# Connections outlive their image: QEMU is killed and started again with its disk, and a peer - this
# machine's own TCP, in a network namespace - does not notice.
# shellcheck disable=SC2317 # functions that ok calls
. "$(dirname "$0")/../lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root: network namespaces and tap interfaces"
for program in ip python3 qemu-system-x86_64; do
	command -v "$program" >/dev/null || skip_all "$program is not installed"
done
[ -c /dev/net/tun ] || skip_all "there is no /dev/net/tun"

# The example's sources and objects are used again: no fetch, no compilation of lwIP.
site=$top/examples/static-site
respin -C "$site" build static-site >build.out 2>&1 ||
	{ cat build.out >&2; echo "Bail out! the example's image does not build"; exit 1; }
cp -R "$site/.respin" .respin
mkdir -p recipes/reboot-guest recipes/reboot
cp -R "$top/tests/tcp/guest" guest
echo "{\"recipes\": [\"recipes\", \"$top/recipes\"]}" >respin.json
cat >recipes/reboot-guest/recipe.json <<-'EOF'
	{ "name": "reboot-guest", "version": "1", "license": "ISC", "needs": ["tcp-journal", "keep"],
	  "source": [{ "path": "../../guest" }], "build": { "objects": { "sources": ["*.c"] } } }
	EOF
cat >recipes/reboot/recipe.json <<-'EOF'
	{ "name": "reboot", "version": "1", "license": "ISC", "needs": ["reboot-guest"], "image": {} }
	EOF
respin --json build reboot >build.json 2>build.err ||
	{ cat build.err >&2; echo "Bail out! the image does not build"; exit 1; }
image=$(sed -n 's/.*"path": *"\([^"]*\)".*/\1/p' build.json | head -1)

space=respin-reboot-$$
ip netns add "$space" || skip_all "no network namespaces"
trap 'ip netns pids "$space" | xargs -r kill -KILL; ip netns del "$space"; rm -rf "$scratch"' EXIT
ip netns exec "$space" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
mkdir run
ok "an image is killed ten times, and each byte is right" \
	timeout 400 ip netns exec "$space" python3 "$top/tests/tcp/drive.py" "$image" run reboots 10
sed 's/^/# /' .ok
finish
