"""Collections of files that one person attached to something of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("documents", "0021_sitemap_dates")]

    operations = [
        migrations.AddField(
            model_name="collection",
            name="is_private",
            field=models.BooleanField(default=False),
        )
    ]
