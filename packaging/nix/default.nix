# SPDX-License-Identifier: MIT
# nix-build packaging/nix
{ pkgs ? import <nixpkgs> { } }:

pkgs.stdenv.mkDerivation rec {
  pname = "egm";
  version = "0.5.0";
  src = ../..;
  outputs = [ "out" "dev" "doc" ];

  nativeBuildInputs = with pkgs; [ meson ninja pkg-config ];
  buildInputs = with pkgs; [ jansson zlib random123 ];
  mesonFlags = [ "-Ddefault_library=both" "-Dtests=disabled" "-Dblas=none" ];

  meta = {
    description = "Energy-based generative models for C programs";
    homepage = "unset";
    license = pkgs.lib.licenses.mit;
    platforms = pkgs.lib.platforms.unix;
  };
}
