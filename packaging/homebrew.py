#!/usr/bin/env python3
"""homebrew.py ARCHIVES URL: prints the Homebrew formula of a release.

URL is the address of the archives. The formula belongs into a tap (OWNER/homebrew-tap, as Formula/headroom.rb), from
which `brew install OWNER/tap/headroom` installs both programs, their manual pages and completions.
"""

import sys

import archives

FORMULA = '''class Headroom < Formula
  desc "Context for coding agents: selects what matters, compresses what they read"
  homepage "$HOMEPAGE"
  version "$VERSION"
  license "Apache-2.0"

$PLATFORMS
  def install
    bin.install "contextos", "headroom"
    man1.install Dir["man/*.1"]
    %w[contextos headroom].each do |program|
      bash_completion.install "completions/#{program}.bash" => program
      zsh_completion.install "completions/_#{program}"
      fish_completion.install "completions/#{program}.fish"
    end
  end

  service do
    run [opt_bin/"headroom", "serve"]
    keep_alive true
    log_path var/"log/headroom.log"
    error_log_path var/"log/headroom.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/contextos --version")
    assert_equal "as it is", pipe_output("#{bin}/headroom compress", "as it is", 0)
  end
end
'''
SYSTEMS = {"darwin": "on_macos", "linux": "on_linux"}
CPUS = {"aarch64": "on_arm", "x86_64": "on_intel"}


def platforms(found, url):
    """The blocks that choose an archive by system and processor."""
    text = ""
    for system, system_block in SYSTEMS.items():
        of_system = [archive for archive in found if archive.system == system]
        if not of_system:
            continue
        text += f"  {system_block} do\n"
        for archive in of_system:
            text += (
                f"    {CPUS[archive.cpu]} do\n"
                f'      url "{url}/{archive.path.name}"\n'
                f'      sha256 "{archive.sha256}"\n'
                "    end\n"
            )
        text += "  end\n\n"
    return text


def main(folder, url):
    found = archives.read(folder)
    homepage = url.split("/releases/")[0]
    text = FORMULA.replace("$HOMEPAGE", homepage).replace("$VERSION", found[0].version)
    print(text.replace("$PLATFORMS\n", platforms(found, url)), end="")


main(sys.argv[1], sys.argv[2].rstrip("/"))
