#!/bin/sh
# Builds the emulated CUDA libraries, under the names of the real ones, into a folder: build.sh FOLDER
set -e
here=$(cd "$(dirname "$0")" && pwd)
out=$1
mkdir -p "$out/kernels"
flags="-std=c++17 -O2 -fPIC -fvisibility=hidden -ffp-contract=off -fno-math-errno -Wall -Wextra -Wno-unknown-pragmas -U_FORTIFY_SOURCE"
cp "$here"/Kernels/*.h "$out/kernels/"
g++ $flags -fvisibility=default -c "$here/Kernels/block.cpp" -o "$out/kernels/block.o" &
block=$!
g++ $flags -shared -Wl,-soname,libnvrtc.so.11.2 "$here"/Compiler/*.cpp "$here/Driver/image.cpp" -o "$out/libnvrtc.so.11.2" -ldl &
compiler=$!
# A name of its own, so that a real driver in the same process is not taken for it.
ln -s libcuda.so.1 "$out/libcuda-emulated.so"
g++ $flags -shared -Wl,-soname,libcuda-emulated.so "$here"/Driver/*.cpp -o "$out/libcuda.so.1" -ldl -pthread
g++ $flags -O3 -march=native -shared -Wl,-soname,libcublasLt.so.12 -Wl,-rpath,'$ORIGIN' "$here"/Matrices/*.cpp "$here/Kernels/block.cpp" -L "$out" -l:libcuda.so.1 \
  -o "$out/libcublasLt.so.12"
g++ $flags -shared -Wl,-soname,libnccl.so.2 -Wl,-rpath,'$ORIGIN' "$here"/Collectives/*.cpp -L "$out" -l:libcuda.so.1 -o "$out/libnccl.so.2"
wait $block
wait $compiler
