using System.Text;

namespace DistZO.Training.Tests;

/// <summary>A file in a folder of its own, both gone when disposed.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("distzo-training-");

    public TemporaryFile(byte[] content)
    {
        Path = System.IO.Path.Combine(_folder.FullName, "data.jsonl");
        File.WriteAllBytes(Path, content);
    }

    public TemporaryFile(params string[] lines) : this(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))))
    {
    }

    public string Path { get; }

    public void Dispose() => _folder.Delete(true);
}
