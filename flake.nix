{
  description = "contextos and headroom: context for coding agents";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      manifest = builtins.fromTOML (builtins.readFile ./Cargo.toml);
      forEachSystem = nixpkgs.lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
    in
    {
      packages = forEachSystem (
        system:
        let
          pkgs = nixpkgs.legacyPackages.${system};
          program =
            name:
            pkgs.rustPlatform.buildRustPackage {
              pname = name;
              version = manifest.workspace.package.version;
              src = self;
              cargoLock.lockFile = ./Cargo.lock;
              cargoBuildFlags = [ "--package=${name}" ];
              # They need a network, a Redis and a browser; the project's own checks run them.
              doCheck = false;
              nativeBuildInputs = [ pkgs.installShellFiles ];
              postInstall = ''
                mkdir man
                $out/bin/${name} man --all man
                installManPage man/*.1
                for shell in bash zsh fish; do
                  $out/bin/${name} completions $shell > ${name}.$shell
                done
                installShellCompletion --cmd ${name} --bash ${name}.bash --zsh ${name}.zsh --fish ${name}.fish
              '';
              meta = {
                license = pkgs.lib.licenses.asl20;
                mainProgram = name;
              };
            };
        in
        {
          contextos = program "contextos";
          headroom = program "headroom";
          default = pkgs.symlinkJoin {
            name = "headroom-${manifest.workspace.package.version}";
            paths = [
              (program "contextos")
              (program "headroom")
            ];
          };
        }
      );
    };
}
