namespace DistZO.Runs;

/// <summary>What an evaluation on held-out rows found.</summary>
/// <param name="Step">Steps committed when it was made; 0 is the base model.</param>
/// <param name="Values">Names and values in the order to show them, the deciding one first: accuracy, macro_f1, …</param>
/// <param name="IsBest">No earlier evaluation of the run was better.</param>
public sealed record EvaluationMetrics(int Step, IReadOnlyList<KeyValuePair<string, double>> Values, bool IsBest);
