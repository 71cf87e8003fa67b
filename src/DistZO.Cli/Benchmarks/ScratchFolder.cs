namespace DistZO.Cli.Benchmarks;

/// <summary>A folder of its own for one benchmark, deleted with all that is in it.</summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "distzo-bench-";

    /// <param name="parent">Where it is made; null for the system's temporary folder.</param>
    public ScratchFolder(string? parent = null) => Root = parent is null
        ? Directory.CreateTempSubdirectory(Prefix).FullName
        : Directory.CreateDirectory(Path.Combine(parent, $"{Prefix}{Guid.NewGuid():n}")).FullName;

    public string Root { get; }

    /// <summary>A path in the folder.</summary>
    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
