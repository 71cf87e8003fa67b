#pragma once

#include <string>
#include <utility>
#include <vector>

struct Program
{
    std::string name;
    std::string source;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string log;
    std::string image;
};

// Compiles a program into its image and log; false if it does not compile.
bool build(Program& program, int capability);
