# SPDX-License-Identifier: MIT
class Egm < Formula
  desc "Energy-based generative models for C programs"
  homepage "unset"
  # The archive of the release; no address has one yet.
  url "file://#{Dir.pwd}/egm-0.5.0.tar.gz"
  version "0.5.0"
  license "MIT"

  depends_on "meson" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "random123" => :build
  depends_on "jansson"
  uses_from_macos "zlib"

  def install
    system "meson", "setup", "output", "-Ddefault_library=both", "-Dtests=disabled", "-Dblas=accelerate", *std_meson_args
    system "meson", "compile", "-C", "output"
    system "meson", "install", "-C", "output"
    pkgshare.install "examples/readme.c"
  end

  test do
    system ENV.cc, pkgshare/"readme.c", "-I#{include}", "-L#{lib}", "-legm", "-lm", "-o", "readme"
    system "./readme"
  end
end
