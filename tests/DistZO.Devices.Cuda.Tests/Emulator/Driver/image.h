// What stands for a compiled program: a header, then the bytes of a shared library.
#pragma once

#include <string>

struct ImageHeader
{
    char magic[8];
    unsigned long long bytes;
    unsigned long long hash;
};

constexpr char ImageMagic[9] = "DISTZOEM";

// FNV-1a.
inline unsigned long long hashOf(const void* data, unsigned long long bytes)
{
    unsigned long long hash = 0xCBF29CE484222325ULL;
    for (unsigned long long i = 0; i < bytes; i++) hash = (hash ^ ((const unsigned char*)data)[i]) * 0x100000001B3ULL;
    return hash;
}

// The folder that compiled programs lie in.
std::string imageFolder();

// Writes a file that others see only when it is whole; false if it can't.
bool writeFile(const std::string& path, const void* data, unsigned long long bytes);

// The library of an image, written where there is none yet; empty if it is no image, or damaged.
std::string libraryOf(const void* image);
