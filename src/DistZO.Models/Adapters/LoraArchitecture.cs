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

    public static ModelArchitecture Of(ModelArchitecture architecture, LoraOptions options)
    {
        var targets = options.Targets.Count > 0 ? options.Targets : QueriesAndValues;
        var found = new HashSet<string>();
        var adapted = architecture with { Layers = [.. architecture.Layers.Select(Adapt)] };
        if (options.Targets.FirstOrDefault(target => !found.Contains(target)) is { } missing)
        {
            var names = architecture.Layers[0].Tensors.Where(tensor => tensor.Role == TensorRole.Matrix).Select(tensor => Module(tensor.Name).Split('.')[^1]);
            throw new BadInputException($"lora_target_modules: the model has no layer '{missing}'; it has {string.Join(", ", names)}");
        }

        return adapted;

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
            var module = Module(linear.Weight.Name);
            var target = module.Split('.')[^1];
            if (!targets.Contains(target)) return linear;
            found.Add(target);
            TensorSpec Tensor(string name, params long[] shape) =>
                new($"{PeftNames.Module(architecture.Family, module)}.{name}.weight", shape, TensorRole.Matrix) { IsAdded = true };
            return linear with
            {
                Lora = new LoraSpec(
                    Tensor("lora_A", options.Rank, linear.Inputs), Tensor("lora_B", linear.Outputs, options.Rank), (float)(options.Alpha / options.Rank)),
            };
        }
    }

    private static string Module(string weight) => weight[..weight.LastIndexOf('.')];
}

/// <summary>Names of modules as PEFT writes them.</summary>
internal static class PeftNames
{
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
