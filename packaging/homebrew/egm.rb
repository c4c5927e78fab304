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
  depends_on "jansson"
  uses_from_macos "zlib"

  # Headers that Homebrew does not have: the archive of subprojects/random123.wrap.
  resource "random123" do
    url "https://github.com/DEShawResearch/random123/archive/refs/tags/v1.14.0.tar.gz"
    sha256 "effafd8656b18030b2a5b995cd3650c51a7c45052e6e1c21e48b9fa7a59d926e"
  end

  def install
    resource("random123").stage buildpath/"subprojects/random123-1.14.0"
    cp "subprojects/packagefiles/random123/meson.build", "subprojects/random123-1.14.0/"
    system "meson", "setup", "output", "-Ddefault_library=both", "-Dtests=disabled", "-Dblas=accelerate",
           *std_meson_args
    system "meson", "compile", "-C", "output"
    system "meson", "install", "-C", "output"
    pkgshare.install "examples/readme.c"
  end

  test do
    system ENV.cc, pkgshare/"readme.c", "-I#{include}", "-L#{lib}", "-legm", "-lm", "-o", "readme"
    system "./readme"
  end
end
