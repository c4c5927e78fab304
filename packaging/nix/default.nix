# SPDX-License-Identifier: MIT
# nix-build packaging/nix
{ pkgs ? import <nixpkgs> { } }:

let
  # Where nixpkgs has no random123: the archive of subprojects/random123.wrap.
  random123 = pkgs.fetchurl {
    name = "random123-1.14.0.tar.gz";
    url = "https://github.com/DEShawResearch/random123/archive/refs/tags/v1.14.0.tar.gz";
    sha256 = "effafd8656b18030b2a5b995cd3650c51a7c45052e6e1c21e48b9fa7a59d926e";
  };
in
pkgs.stdenv.mkDerivation rec {
  pname = "egm";
  version = "0.5.0";
  src = ../..;
  outputs = [ "out" "dev" "doc" ];

  nativeBuildInputs = with pkgs; [ meson ninja pkg-config ];
  buildInputs = with pkgs; [ jansson zlib ];
  mesonFlags = [ "-Ddefault_library=both" "-Dtests=disabled" "-Dblas=none" ];
  preConfigure = ''
    install -Dm644 ${random123} subprojects/packagecache/${random123.name}
  '';

  meta = {
    description = "Energy-based generative models for C programs";
    homepage = "unset";
    license = pkgs.lib.licenses.mit;
    platforms = pkgs.lib.platforms.unix;
  };
}
