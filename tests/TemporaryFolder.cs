namespace DistZO.Tests;

/// <summary>A folder of its own for one test, deleted with all that is in it. Compiled into every test project.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Root = Directory.CreateTempSubdirectory("distzo-test-").FullName;

    public string Root { get; }

    /// <summary>A path in the folder.</summary>
    public string this[string name] => Path.Combine(Root, name);

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
