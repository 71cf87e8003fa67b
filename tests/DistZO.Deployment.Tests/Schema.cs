namespace DistZO.Deployment.Tests;

/// <summary>Published schemas, as `make interop-tools` installs them from npm.</summary>
internal static class Schema
{
    private static readonly string Folder = Path.Combine(Fixtures.Repository, "tests", "DistZO.Deployment.Tests", "Schemas");

    /// <summary>What the schemas object to in documents of Kubernetes: exit code 1, and a line of the error stream each.</summary>
    public static Command OfKubernetes(string rendered) => Check("kubernetes-models", "kubernetes.mjs", rendered);

    /// <summary>The same of a Compose file, by the Compose Specification.</summary>
    public static Command OfCompose(string file) => Check("dclint", "compose.mjs", file);

    private static Command Check(string package, string script, string document)
    {
        Skip.IfNot(Directory.Exists(Path.Combine(Folder, "node_modules", package)), $"`make interop-tools` installs {package}, which has the schemas; it needs node, npm and a network");
        var ran = Command.Try(["node", Path.Combine(Folder, script)], document);
        Skip.If(ran is null, "there is no node on this machine");
        return ran;
    }
}
