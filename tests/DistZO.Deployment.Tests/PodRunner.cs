using YamlDotNet.RepresentationModel;

namespace DistZO.Deployment.Tests;

/// <summary>
/// Starts the pod of a rendered Job as a container: its arguments, environment, volumes and security context, and the completion index as
/// the Job controller gives it.
/// </summary>
/// <param name="image">Instead of the one in the manifest, which is in no registry.</param>
/// <param name="network">In which pods find each other.</param>
/// <param name="inputs">What claims and secrets hold.</param>
/// <param name="ledger">The volume of the ledger.</param>
internal sealed class PodRunner(string image, string network, Inputs inputs, string ledger)
{
    /// <summary>Starts it and returns its name.</summary>
    /// <param name="job">The Job.</param>
    /// <param name="index">Completion index; null if the Job is not indexed.</param>
    /// <param name="attempt">How many pods had the index before.</param>
    /// <param name="alias">The name of the Service that selects it; null for none.</param>
    public string Start(YamlMappingNode job, int? index, int attempt, string? alias)
    {
        var spec = Manifests.At(job, "spec", "template", "spec")!;
        var container = Manifests.Items(spec, "containers").Single();
        var host = $"{Manifests.Text(job, "metadata", "name")}{(index is null ? "" : $"-{index}")}";
        var name = $"{network}-{host}-{attempt}";
        List<string> words = ["docker", "run", "--detach", "--name", name, "--hostname", host, "--network", network];
        if (alias is not null) words.AddRange(["--network-alias", alias]);
        words.AddRange(Security(Manifests.At(spec, "securityContext")!, Manifests.At(container, "securityContext")!));
        foreach (var variable in Manifests.Items(container, "env")) words.AddRange(["--env", $"{Manifests.Text(variable, "name")}={Manifests.Text(variable, "value")}"]);
        if (index is not null) words.AddRange(["--env", $"JOB_COMPLETION_INDEX={index}"]);
        var volumes = Manifests.Items(spec, "volumes").ToDictionary(volume => Manifests.Text(volume, "name")!);
        foreach (var mount in Manifests.Items(container, "volumeMounts")) words.AddRange(Mount(volumes[Manifests.Text(mount, "name")!], mount));
        words.Add(image);
        words.AddRange(Manifests.Items(container, "args").Select(argument => ((YamlScalarNode)argument).Value!));
        Command.Run([.. words]);
        return name;
    }

    private static IEnumerable<string> Security(YamlNode pod, YamlNode container)
    {
        Assert.Equal("true", Manifests.Text(pod, "runAsNonRoot"));
        yield return "--user";
        yield return $"{Manifests.Text(pod, "runAsUser")}:{Manifests.Text(pod, "runAsGroup")}";
        if (Manifests.Text(container, "readOnlyRootFilesystem") == "true") yield return "--read-only";
        if (Manifests.Text(container, "allowPrivilegeEscalation") == "false")
        {
            yield return "--security-opt";
            yield return "no-new-privileges";
        }

        foreach (var dropped in Manifests.Items(container, "capabilities", "drop")) yield return $"--cap-drop={((YamlScalarNode)dropped).Value}";
    }

    private IEnumerable<string> Mount(YamlNode volume, YamlNode mount)
    {
        var path = Manifests.Text(mount, "mountPath");
        var access = Manifests.Text(mount, "readOnly") == "true" ? ":ro" : "";
        var source = Manifests.Text(volume, "persistentVolumeClaim", "claimName") switch
        {
            "distzo-inputs" => inputs.Root,
            "distzo-ledger" => ledger,
            null when Manifests.At(volume, "secret") is not null => Path.GetDirectoryName(inputs.Token),
            null when Manifests.At(volume, "configMap") is not null => inputs.Recipe,
            _ => null,
        };
        if (source is null) return ["--tmpfs", $"{path}:mode=1777"];
        // A ConfigMap's file stands under its key.
        return ["--volume", source == inputs.Recipe ? $"{source}:{path}/recipe.yaml:ro" : $"{source}:{path}{access}"];
    }
}
