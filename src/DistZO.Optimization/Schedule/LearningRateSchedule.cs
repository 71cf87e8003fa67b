namespace DistZO.Optimization;

/// <summary>
/// The learning rate of each step, as Hugging Face Transformers' schedules of the same names give it to the step counted from 0:
/// a linear warm-up from 0, then constant, or falling to 0 at max_steps in a line or half a cosine. In binary64, in a fixed order.
/// </summary>
public sealed class LearningRateSchedule
{
    private readonly LearningRateShape _shape;
    private readonly double _highest;
    private readonly double _warmup;
    private readonly double _steps;

    /// <param name="recipe">A resolved recipe (<see cref="Recipe.Resolve"/>).</param>
    public LearningRateSchedule(Recipe recipe)
    {
        _shape = recipe.Get(RecipeKeys.LrSchedulerType);
        _highest = recipe.Get(RecipeKeys.LearningRate);
        _warmup = recipe.Get(RecipeKeys.WarmupSteps);
        _steps = recipe.Get(RecipeKeys.MaxSteps);
        if (_warmup != Math.Floor(_warmup)) throw new ArgumentException("the recipe is not resolved", nameof(recipe));
    }

    /// <summary>Whether the schedule falls towards max_steps, so that max_steps decides the weights.</summary>
    public static bool DependsOnMaxSteps(LearningRateShape shape) => shape is LearningRateShape.Linear or LearningRateShape.Cosine;

    /// <summary>lr_t.</summary>
    public double At(long step)
    {
        double t = step;
        if (t < _warmup) return _highest * (t / _warmup);
        return _shape switch
        {
            LearningRateShape.Linear => _highest * Math.Max(0, (_steps - t) / Math.Max(1, _steps - _warmup)),
            LearningRateShape.Cosine => _highest * (0.5 * (1 + HalfTurnCosine.At((t - _warmup) / Math.Max(1, _steps - _warmup)))),
            _ => _highest,
        };
    }
}
