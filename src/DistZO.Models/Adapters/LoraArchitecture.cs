using DistZO.Devices;

namespace DistZO.Models;

/// <summary>How LoRA is set up; the defaults are MeZO's (arXiv 2305.17333, appendix E.3).</summary>
public sealed record LoraOptions
{
    /// <summary>r.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>alpha: the addition is scaled by alpha / r.</summary>
    public double Alpha { get; init; } = 16;

    /// <summary>The last parts of the names of the layers; empty for queries and values.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];
}

/// <summary>Adds low-rank tensors to linear layers, under the names that PEFT gives them.</summary>
internal static class LoraArchitecture
{
    /// <summary>Queries and values, as the families call them; GPT-2 has them in one matrix with the keys.</summary>
    private static readonly string[] QueriesAndValues = ["q_proj", "v_proj", "query", "value", "c_attn"];

    /// <summary>Adds to the layers that the options name.</summary>
    /// <exception cref="BadInputException">The model has no layer of a name.</exception>
    public static ModelArchitecture Of(ModelArchitecture architecture, LoraOptions options)
    {
        var targets = options.Targets.Count > 0 ? options.Targets : QueriesAndValues;
        var names = architecture.Layers[0].Linears.Select(linear => LastPart(Module(linear.Weight.Name))).Distinct().ToList();
        if (options.Targets.FirstOrDefault(target => !names.Contains(target)) is { } missing)
            throw new BadInputException($"lora_target_modules: the model has no layer '{missing}'; it has {string.Join(", ", names)}");
        return Of(architecture, options, module => targets.Contains(LastPart(module)));
    }

    /// <summary>Adds to the layers for whose modules, by their paths within a PEFT model, <paramref name="adapts"/> is true.</summary>
    public static ModelArchitecture Of(ModelArchitecture architecture, LoraOptions options, Func<string, bool> adapts)
    {
        return architecture with { Layers = [.. architecture.Layers.Select(Adapt)] };

        TransformerBlock Adapt(TransformerBlock layer) => layer with
        {
            Attention = layer.Attention with
            {
                Query = Linear(layer.Attention.Query)!,
                Key = Linear(layer.Attention.Key),
                Value = Linear(layer.Attention.Value),
                Output = Linear(layer.Attention.Output)!,
            },
            FeedForward = layer.FeedForward with
            {
                Gate = Linear(layer.FeedForward.Gate),
                Up = Linear(layer.FeedForward.Up)!,
                Down = Linear(layer.FeedForward.Down)!,
            },
        };

        LinearSpec? Linear(LinearSpec? linear)
        {
            if (linear is null) return null;
            var module = PeftNames.Module(architecture.Family, Module(linear.Weight.Name));
            if (!adapts(module)) return linear;
            TensorSpec Tensor(string name, params long[] shape) => new($"{module}.{name}.weight", shape, TensorRole.Matrix) { IsAdded = true };
            return linear with
            {
                Lora = new LoraSpec(
                    Tensor("lora_A", options.Rank, linear.Inputs), Tensor("lora_B", linear.Outputs, options.Rank), (float)(options.Alpha / options.Rank)),
            };
        }
    }

    private static string Module(string weight) => weight[..weight.LastIndexOf('.')];

    private static string LastPart(string module) => module[(module.LastIndexOf('.') + 1)..];
}

/// <summary>Names of modules as PEFT writes them.</summary>
internal static class PeftNames
{
    /// <summary>The one tensor of a prefix or a prompt.</summary>
    public const string Table = "prompt_embeddings";

    /// <summary>The path of a module within a PEFT model; checkpoints may leave out the name of the base model.</summary>
    public static string Module(string family, string module)
    {
        var root = family switch
        {
            "gpt2" => "transformer.",
            "roberta" => "roberta.",
            _ => "model.",
        };
        return $"base_model.model.{(module.StartsWith(root, StringComparison.Ordinal) ? "" : root)}{module}";
    }
}
