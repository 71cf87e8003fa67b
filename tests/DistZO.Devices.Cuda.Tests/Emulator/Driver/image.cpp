#include "image.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/stat.h>
#include <unistd.h>

std::string imageFolder()
{
    const char* temporary = std::getenv("TMPDIR");
    std::string folder = std::string(temporary && *temporary ? temporary : "/tmp") + "/distzo-emulator-" + std::to_string(getuid());
    mkdir(folder.c_str(), 0700);
    return folder;
}

bool writeFile(const std::string& path, const void* data, unsigned long long bytes)
{
    std::string own = path + "." + std::to_string(getpid()) + "." + std::to_string((unsigned long long)(std::size_t)&own);
    std::FILE* file = std::fopen(own.c_str(), "wb");
    if (!file) return false;
    bool written = std::fwrite(data, 1, bytes, file) == bytes;
    written = std::fclose(file) == 0 && written;
    return written && std::rename(own.c_str(), path.c_str()) == 0;
}

std::string libraryOf(const void* image)
{
    ImageHeader header;
    std::memcpy(&header, image, sizeof(header));
    if (std::memcmp(header.magic, ImageMagic, 8) != 0) return "";
    const char* bytes = (const char*)image + sizeof(header);
    if (header.bytes > 1ULL << 30 || hashOf(bytes, header.bytes) != header.hash) return "";
    char name[32];
    std::snprintf(name, sizeof(name), "/%016llx.so", header.hash);
    std::string path = imageFolder() + name;
    struct stat known;
    if (stat(path.c_str(), &known) == 0 && (unsigned long long)known.st_size == header.bytes) return path;
    return writeFile(path, bytes, header.bytes) ? path : "";
}
