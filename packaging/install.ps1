# Installs contextos and headroom for this user, on Windows.
#
#   irm URL/install.ps1 | iex
#
# HEADROOM_URL      where the archives and SHA256SUMS are (a release sets it to its own address)
# HEADROOM_VERSION  the version (a release sets it to its own)
# HEADROOM_BIN      the folder for the programs (default: %LOCALAPPDATA%\Programs\headroom)
#
# Needs Windows 10 (1803) or later, whose tar reads the archive. Everything is checked before anything is replaced.

function Install-Headroom {
    $ErrorActionPreference = 'Stop'
    # Windows PowerShell 5.1 offers old protocols only, and shows a progress bar that slows a download down.
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    $ProgressPreference = 'SilentlyContinue'

    $url = if ($env:HEADROOM_URL) { $env:HEADROOM_URL } else { '@URL@' }
    $version = if ($env:HEADROOM_VERSION) { $env:HEADROOM_VERSION } else { '@VERSION@' }
    if ($url.StartsWith('@')) { throw 'install: set HEADROOM_URL to the address of the archives' }
    if ($version.StartsWith('@')) { throw 'install: set HEADROOM_VERSION to the version to install' }
    $bin = if ($env:HEADROOM_BIN) { $env:HEADROOM_BIN } else { Join-Path $env:LOCALAPPDATA 'Programs\headroom' }

    # Windows on ARM runs programs for x86-64.
    if (-not [Environment]::Is64BitOperatingSystem) { throw 'install: there is no archive for 32-bit Windows' }
    $name = "headroom-$version-x86_64-pc-windows-msvc"
    $work = Join-Path ([IO.Path]::GetTempPath()) ([Guid]::NewGuid().ToString())
    New-Item -ItemType Directory -Path $work | Out-Null
    try {
        $sums = Join-Path $work 'SHA256SUMS'
        $archive = Join-Path $work 'archive.tar.gz'
        Invoke-WebRequest -UseBasicParsing -Uri "$url/SHA256SUMS" -OutFile $sums
        $line = Get-Content $sums | Where-Object { $_ -like "*  $name.tar.gz" } | Select-Object -First 1
        if (-not $line) { throw "install: there is no $name.tar.gz at $url" }
        Invoke-WebRequest -UseBasicParsing -Uri "$url/$name.tar.gz" -OutFile $archive
        if ((Get-FileHash -Algorithm SHA256 $archive).Hash -ne $line.Split(' ')[0]) {
            throw "install: the checksum of $name.tar.gz is wrong"
        }
        tar -xzf $archive -C $work
        if ($LASTEXITCODE -ne 0) { throw "install: can't unpack $name.tar.gz" }

        New-Item -ItemType Directory -Force -Path $bin | Out-Null
        foreach ($program in 'contextos', 'headroom') {
            $new = Join-Path $work "$name\$program.exe"
            & $new --version | Out-Null
            if ($LASTEXITCODE -ne 0) { throw "install: $program doesn't run on this machine" }
            $target = Join-Path $bin "$program.exe"
            # A program that runs can't be overwritten, but renamed.
            if (Test-Path $target) {
                Remove-Item -Force -ErrorAction SilentlyContinue "$target.old"
                Move-Item -Force $target "$target.old"
            }
            Move-Item -Force $new $target
            Remove-Item -Force -ErrorAction SilentlyContinue "$target.old"
        }
    } finally {
        Remove-Item -Recurse -Force $work
    }
    Write-Output "contextos and headroom $version are in $bin"
    $path = [Environment]::GetEnvironmentVariable('Path', 'User')
    if (($path -split ';') -notcontains $bin) {
        [Environment]::SetEnvironmentVariable('Path', "$path;$bin".TrimStart(';'), 'User')
        Write-Output "$bin was added to your PATH; open a new terminal to use it"
    }
}

# All of it is read before anything is done, so that a download that breaks off does nothing.
Install-Headroom
