"""Where tokens were used; what scopes mean in plainer words."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_language'),
    ]

    operations = [
        migrations.AlterField(
            model_name='apitoken',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('documents:read', 'Search and read documents'), ('documents:write', 'Add, replace and withdraw documents'), ('chat', 'Ask questions, and see your answers and conversations')], max_length=20), size=None),
        ),
        migrations.CreateModel(
            name='TokenUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('address', models.CharField(blank=True, max_length=45)),
                ('last_at', models.DateTimeField()),
                ('token', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='accounts.apitoken')),
            ],
            options={
                'ordering': ['-last_at'],
                'constraints': [models.UniqueConstraint(fields=('token', 'day', 'address'), name='a_use_is_noted_once_a_day')],
            },
        ),
    ]
