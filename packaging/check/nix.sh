# shellcheck shell=bash disable=SC2154,SC2164
# The Nix flake, evaluated for every system with a stand-in for nixpkgs, because a real one is a gigabyte: the packages
# are there and have this version. Nothing is built. Needs nix.

mkdir "$work/nixpkgs"
cat >"$work/nixpkgs/flake.nix" <<'NIX'
{
  outputs = _: {
    lib.genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
    legacyPackages = builtins.listToAttrs (map (system: {
      name = system;
      value = {
        lib.licenses.asl20 = "asl20";
        installShellFiles = "installShellFiles";
        rustPlatform.buildRustPackage = package: derivation {
          name = "${package.pname}-${package.version}";
          inherit system;
          builder = "/bin/sh";
          args = [ "-c" "${package.postInstall}${toString package.cargoBuildFlags} ${package.cargoLock.lockFile}" ];
        };
        symlinkJoin = package: derivation { inherit (package) name paths; inherit system; builder = "/bin/sh"; };
      };
    }) [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ]);
  };
}
NIX
for package in contextos headroom default; do
    for system in x86_64-linux aarch64-linux x86_64-darwin aarch64-darwin; do
        HOME=$work nix --extra-experimental-features 'nix-command flakes' eval --raw --no-write-lock-file \
            --override-input nixpkgs "path:$work/nixpkgs" "git+file://$PWD#packages.$system.$package.name" \
            2>/dev/null | grep -q -- "-$version\$" || fail "the flake has no $package for $system"
    done
done
say "the Nix flake, evaluated"
